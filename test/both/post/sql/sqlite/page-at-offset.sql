with unit as (select 1)
select null as author,
  found,
  case when fits = 1 then posts end as posts,
  0 as "contentBytes",
  count > ? as more, (
    false
      or (
        select p.id
        from posts p
        where p.published_at is not null and +p.listed_at <= ?
        order by p.updated_at, p.id
        limit (? + 0)
      ) is not null
      or (
        select p.id
        from posts p
        where p.published_at is null and p.author_id = ?
        order by p.updated_at, p.id
        limit (? + 0)
      ) is not null
      or (
        select p.id
        from posts p
        where p.published_at is not null and p.author_id = ? and p.listed_at > ? and p.version > 0
        order by +p.updated_at, p.id
        limit (? + 0)
      ) is not null
  ) as precedes,
  false as follows,
  null as counted
from (
  select json_group_array(json_array(c.key, c.id)) as found,
    cast(coalesce(group_concat(case when true then format(?, json_quote(p.id)) end, char(30)), '') as blob) as posts,
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
        where p.published_at is not null and +p.listed_at <= ?
        order by p.updated_at asc, p.id asc
        limit (? + 0)
      ) scope
      union all
      select *
      from (
        select p.updated_at as key, p.id as id
        from posts p
        where p.published_at is null and p.author_id = ?
        order by p.updated_at asc, p.id asc
        limit (? + 0)
      ) scope
      union all
      select *
      from (
        select +p.updated_at as key, p.id as id
        from posts p
        where p.published_at is not null and p.author_id = ? and p.listed_at > ? and p.version > 0
        order by +p.updated_at asc, p.id asc
        limit (? + 0)
      ) scope
    ) ranges
    order by key asc, id asc
    limit (? + 0) offset (? + 0)
  ) c
  cross join posts p on p.id = c.id
) page;
