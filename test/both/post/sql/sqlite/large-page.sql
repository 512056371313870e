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
    cast(
      coalesce(
        group_concat(
          case when octet_length(p.content) <= ? then format(
            ?,
              json_quote(p.id),
              json_quote(p.title),
              json_quote(p.content),
              case when p.published_at is null then '"DRAFT"' when p.published_at <= ? then '"PUBLISHED"' else '"SCHEDULED"' end,
              coalesce('"' || strftime('%Y-%m-%dT%H:%M:%fZ', p.created_at / 1000.0, 'unixepoch') || '"', 'null'),
              p.vote_count,
              case when v.user_id is null then 'false' else 'true' end,
              json_quote(u.name)
          ) end,
            char(30)
        ), ''
      ) as blob
    ) as posts,
    coalesce(min(case when octet_length(p.content) <= ? then 1 else 0 end), 1) as fits,
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
  cross join users u on u.id = p.author_id
  left join votes v on v.post_id = p.id and v.user_id = ?
) page;

with pages as materialized (
  select null as author, (
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
  ) as found,
    false as precedes,
    false as follows
),
  size as materialized (
    select (
      select coalesce(sum(octet_length(json_quote(p.content))), 0) * ?
      from pages
      cross join json_each(pages.found) c
      cross join posts p on p.id = c.value ->> 1 and c.key < ?
    ) as bytes
  )
select author,
  found,
  case when size.bytes <= ? then (
    select cast(
      coalesce(
        group_concat(
          format(
            ?,
              json_quote(p.id),
              json_quote(p.title),
              json_quote(p.content),
              case when p.published_at is null then '"DRAFT"' when p.published_at <= ? then '"PUBLISHED"' else '"SCHEDULED"' end,
              coalesce('"' || strftime('%Y-%m-%dT%H:%M:%fZ', p.created_at / 1000.0, 'unixepoch') || '"', 'null'),
              p.vote_count,
              case when v.user_id is null then 'false' else 'true' end,
              json_quote(u.name)
          ),
            char(30)
          order by c.key
        ), ''
      ) as blob
    )
    from json_each(pages.found) c
    cross join posts p on p.id = c.value ->> 1 and c.key < ?
    cross join users u on u.id = p.author_id
    left join votes v on v.post_id = p.id and v.user_id = ?
  ) end as posts,
  size.bytes as "contentBytes",
  json_array_length(found) > ? as more,
  precedes,
  follows,
  null as counted
from pages
cross join size;
