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
    json_group_array(
      case when octet_length(p.content) <= ? then json_array(
        p.id,
          p.author_id,
          p.title,
          p.content,
          p.published_at,
          p.created_at,
          p.vote_count,
          case when v.user_id is null then 0 else 1 end,
          u.name
      ) end
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

with unit as (select 1)
select null as author,
  0
    + (
      select count(*)
      from posts p
      where p.published_at is not null
        and (p.listed_at, p.id) >= (cast(? as bigint), ?)
        and (p.listed_at, p.id) < (cast(? as bigint), ?)
    )
    + (
      select count(*)
      from posts p
      where p.published_at is null and p.author_id = ? and (p.listed_at, p.id) >= (cast(? as bigint), ?)
    )
    + (
      select count(*)
      from posts p
      where p.published_at is not null and p.author_id = ? and (p.listed_at, p.id) > (cast(? as bigint), ?)
    ) as count;
