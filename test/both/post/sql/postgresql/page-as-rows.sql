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
      json_agg(
        case when octet_length(p.content) <= $2 then json_build_array(
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
        order by c.key desc, c.id desc
      )::text, '[]'
    ) as posts,
    coalesce(min(case when octet_length(p.content) <= $3 then 1 else 0 end), 1) as fits,
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
        where p.published_at is not null and (p.listed_at, p.id) < (cast($4 as bigint), $5)
        order by p.listed_at desc, p.id desc
        limit ($6 + 0)
      ) scope
      union all
      select *
      from (
        select p.listed_at as key, p.id as id
        from posts p
        where p.published_at is null and p.author_id = $7
        order by p.listed_at desc, p.id desc
        limit ($8 + 0)
      ) scope
      union all
      select *
      from (
        select p.listed_at as key, p.id as id
        from posts p
        where p.published_at is not null and p.author_id = $9 and (p.listed_at, p.id) > (cast($10 as bigint), $11)
        order by p.listed_at desc, p.id desc
        limit ($12 + 0)
      ) scope
    ) ranges
    order by key desc, id desc
    limit ($13 + 0)
  ) c
  join posts p on p.id = c.id
  join users u on u.id = p.author_id
  left join votes v on v.post_id = p.id and v.user_id = $14
) page;

with unit as (select 1)
select null as author,
  0
    + (
      select count(*)
      from posts p
      where p.published_at is not null
        and (p.listed_at, p.id) >= (cast($1 as bigint), $2)
        and (p.listed_at, p.id) < (cast($3 as bigint), $4)
    )
    + (
      select count(*)
      from posts p
      where p.published_at is null and p.author_id = $5 and (p.listed_at, p.id) >= (cast($6 as bigint), $7)
    )
    + (
      select count(*)
      from posts p
      where p.published_at is not null and p.author_id = $8 and (p.listed_at, p.id) > (cast($9 as bigint), $10)
    ) as count;
