with unit as (select 1)
select null as author,
  found,
  case when fits = 1 then posts end as posts,
  0 as "contentBytes",
  count > $1 as more, (
    false
      or (
        select p.id
        from posts p
        where p.published_at is not null
          and coalesce(p.listed_at, p.listed_at) <= $2
          and (p.title_key, p.id) <= ($3, $4)
        order by p.title_key, p.id
        limit ($5 + 0)
      ) is not null
      or (
        select p.id
        from posts p
        where p.published_at is null and p.author_id = $6 and (p.title_key, p.id) <= ($7, $8)
        order by p.title_key, p.id
        limit ($9 + 0)
      ) is not null
      or (
        select p.id
        from posts p
        where p.published_at is not null
          and p.author_id = $10
          and p.listed_at > $11
          and p.version > 0
          and (coalesce(p.title_key, p.title_key), p.id) <= ($12, $13)
        order by coalesce(p.title_key, p.title_key), p.id
        limit ($14 + 0)
      ) is not null
  ) as precedes,
  false as follows,
  null as counted
from (
  select coalesce(json_agg(json_build_array(c.key, c.id) order by c.key asc, c.id asc)::text, '[]') as found,
    coalesce(
      string_agg(
        case when true then format($15, to_json(p.id)::text, to_json(p.title)::text) end, chr(30)
        order by c.key asc, c.id asc
      ), ''
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
        select p.title_key as key, p.id as id
        from posts p
        where p.published_at is not null
          and coalesce(p.listed_at, p.listed_at) <= $16
          and (p.title_key, p.id) > ($17, $18)
        order by p.title_key asc, p.id asc
        limit ($19 + 0)
      ) scope
      union all
      select *
      from (
        select p.title_key as key, p.id as id
        from posts p
        where p.published_at is null and p.author_id = $20 and (p.title_key, p.id) > ($21, $22)
        order by p.title_key asc, p.id asc
        limit ($23 + 0)
      ) scope
      union all
      select *
      from (
        select coalesce(p.title_key, p.title_key) as key, p.id as id
        from posts p
        where p.published_at is not null
          and p.author_id = $24
          and p.listed_at > $25
          and p.version > 0
          and (coalesce(p.title_key, p.title_key), p.id) > ($26, $27)
        order by coalesce(p.title_key, p.title_key) asc, p.id asc
        limit ($28 + 0)
      ) scope
    ) ranges
    order by key asc, id asc
    limit ($29 + 0)
  ) c
  join posts p on p.id = c.id
) page;
