with unit as (select 1)
select null as author,
  found,
  case when fits = 1 then posts end as posts,
  0 as "contentBytes",
  count > ? as more,
  false as precedes,
  false as follows,
  null as counted
from (
  select json_group_array(json_array(c.key, c.id)) as found,
    json_group_array(case when true then json_array(p.id, p.author_id) end) as posts,
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
        where p.published_at is not null and (p.listed_at, p.id) < (cast(? as bigint), ?)
        order by p.listed_at desc, p.id desc
        limit (? + 0)
      ) scope
      union all
      select *
      from (
        select p.listed_at as key, p.id as id
        from posts p
        where p.published_at is null and p.author_id = ?
        order by p.listed_at desc, p.id desc
        limit (? + 0)
      ) scope
      union all
      select *
      from (
        select p.listed_at as key, p.id as id
        from posts p
        where p.published_at is not null and p.author_id = ? and (p.listed_at, p.id) > (cast(? as bigint), ?)
        order by p.listed_at desc, p.id desc
        limit (? + 0)
      ) scope
    ) ranges
    order by key desc, id desc
    limit (? + 0)
  ) c
  cross join posts p on p.id = c.id
) page;

with pages as materialized (
  select a.value as author, (
    select json_group_array(json_array(c.key, c.id) order by c.key desc, c.id desc)
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
          where p.published_at is not null and p.author_id = a.value and (p.listed_at, p.id) < (cast(? as bigint), ?)
          order by p.listed_at desc, p.id desc
          limit (? + 0)
        ) scope
        union all
        select *
        from (
          select p.listed_at as key, p.id as id
          from posts p
          where p.published_at is null and p.author_id = a.value and a.value = ?
          order by p.listed_at desc, p.id desc
          limit (? + 0)
        ) scope
        union all
        select *
        from (
          select p.listed_at as key, p.id as id
          from posts p
          where p.published_at is not null
            and p.author_id = a.value
            and a.value = ?
            and (p.listed_at, p.id) > (cast(? as bigint), ?)
          order by p.listed_at desc, p.id desc
          limit (? + 0)
        ) scope
      ) ranges
      order by key desc, id desc
      limit (? + 0)
    ) c
  ) as found,
    false as precedes,
    false as follows
  from json_each(?) a
),
  size as materialized (select 0 as bytes)
select author,
  found,
  case when size.bytes <= ? then (
    select json_group_array(json_array(p.id, p.author_id, p.title))
    from json_each(pages.found) c
    cross join posts p on p.id = c.value ->> 1 and c.key < ?
  ) end as posts,
  size.bytes as "contentBytes",
  json_array_length(found) > ? as more,
  precedes,
  follows,
  null as counted
from pages
cross join size;

with unit as (select 1)
select a.value as author,
  0
    + (
      select count(*)
      from posts p
      where p.published_at is not null
        and p.author_id = a.value
        and (p.listed_at, p.id) >= (cast(? as bigint), ?)
        and (p.listed_at, p.id) < (cast(? as bigint), ?)
    )
    + (
      select count(*)
      from posts p
      where p.published_at is null
        and p.author_id = a.value
        and a.value = ?
        and (p.listed_at, p.id) >= (cast(? as bigint), ?)
    )
    + (
      select count(*)
      from posts p
      where p.published_at is not null
        and p.author_id = a.value
        and a.value = ?
        and (p.listed_at, p.id) > (cast(? as bigint), ?)
    ) as count
from json_each(?) a;
