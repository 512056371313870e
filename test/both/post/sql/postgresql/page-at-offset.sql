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
        where p.published_at is not null and coalesce(p.listed_at, p.listed_at) <= $2
        order by p.updated_at, p.id
        limit ($3 + 0)
      ) is not null
      or (
        select p.id
        from posts p
        where p.published_at is null and p.author_id = $4
        order by p.updated_at, p.id
        limit ($5 + 0)
      ) is not null
      or (
        select p.id
        from posts p
        where p.published_at is not null and p.author_id = $6 and p.listed_at > $7 and p.version > 0
        order by coalesce(p.updated_at, p.updated_at), p.id
        limit ($8 + 0)
      ) is not null
  ) as precedes,
  false as follows,
  null as counted
from (
  select coalesce(json_agg(json_build_array(c.key, c.id) order by c.key asc, c.id asc)::text, '[]') as found,
    coalesce(
      string_agg(case when true then format($9, to_json(p.id)::text) end, chr(30) order by c.key asc, c.id asc), ''
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
        select p.updated_at as key, p.id as id
        from posts p
        where p.published_at is not null and coalesce(p.listed_at, p.listed_at) <= $10
        order by p.updated_at asc, p.id asc
        limit ($11 + 0)
      ) scope
      union all
      select *
      from (
        select p.updated_at as key, p.id as id
        from posts p
        where p.published_at is null and p.author_id = $12
        order by p.updated_at asc, p.id asc
        limit ($13 + 0)
      ) scope
      union all
      select *
      from (
        select coalesce(p.updated_at, p.updated_at) as key, p.id as id
        from posts p
        where p.published_at is not null and p.author_id = $14 and p.listed_at > $15 and p.version > 0
        order by coalesce(p.updated_at, p.updated_at) asc, p.id asc
        limit ($16 + 0)
      ) scope
    ) ranges
    order by key asc, id asc
    limit ($17 + 0) offset ($18 + 0)
  ) c
  join posts p on p.id = c.id
) page;
