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
  select coalesce(json_agg(json_build_array(c.key, c.id) order by c.key asc, c.id asc)::text, '[]') as found,
    coalesce(
      string_agg(case when true then format($2, to_json(p.id)::text) end, chr(30) order by c.key asc, c.id asc), ''
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
        select p.vote_count as key, p.id as id
        from posts p
        where p.published_at is not null and coalesce(p.listed_at, p.listed_at) <= $3
        order by p.vote_count asc, p.id asc
        limit ($4 + 0)
      ) scope
      union all
      select *
      from (
        select p.vote_count as key, p.id as id
        from posts p
        where p.published_at is null and p.author_id = $5
        order by p.vote_count asc, p.id asc
        limit ($6 + 0)
      ) scope
      union all
      select *
      from (
        select coalesce(p.vote_count, p.vote_count) as key, p.id as id
        from posts p
        where p.published_at is not null and p.author_id = $7 and p.listed_at > $8 and p.version > 0
        order by coalesce(p.vote_count, p.vote_count) asc, p.id asc
        limit ($9 + 0)
      ) scope
    ) ranges
    order by key asc, id asc
    limit ($10 + 0)
  ) c
  join posts p on p.id = c.id
) page;
