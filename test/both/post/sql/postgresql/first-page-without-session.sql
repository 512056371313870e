with unit as (select 1)
select null as author,
  found,
  case when fits = 1 then posts end as posts,
  0 as "contentBytes",
  count > $1 as more,
  false as precedes,
  false as follows,
  null as counted
from (
  select coalesce(json_agg(json_build_array(c.key, c.id) order by c.key desc, c.id desc)::text, '[]') as found,
    coalesce(
      string_agg(case when true then format($2, to_json(p.title)::text) end, chr(30) order by c.key desc, c.id desc), ''
    ) as posts,
    coalesce(min(case when true then 1 else 0 end), 1) as fits,
    count(*) as count
  from (
    select key, id
    from (
      select null as key, null as id
      where false
      union all
      select *
      from (
        select p.listed_at as key, p.id as id
        from posts p
        where p.published_at is not null and (p.listed_at, p.id) < (cast($3 as bigint), $4)
        order by p.listed_at desc, p.id desc
        limit ($5 + 0)
      ) scope
    ) ranges
    order by key desc, id desc
    limit ($6 + 0)
  ) c
  join posts p on p.id = c.id
) page;
