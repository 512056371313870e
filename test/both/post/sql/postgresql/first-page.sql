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
      string_agg(
        case when octet_length(p.content) <= $2 then format(
          $3,
            to_json(p.id)::text,
            to_json(p.title)::text,
            to_json(p.content)::text,
            case when p.published_at is null then '"DRAFT"' when p.published_at <= $4 then '"PUBLISHED"' else '"SCHEDULED"' end,
            coalesce(
              '"' || to_char(
                timestamp 'epoch' + p.created_at * interval '1 millisecond', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'
              ) || '"', 'null'
            ),
            p.vote_count,
            case when v.user_id is null then 'false' else 'true' end,
            to_json(u.name)::text
        ) end,
          chr(30)
        order by c.key desc, c.id desc
      ), ''
    ) as posts,
    coalesce(min(case when octet_length(p.content) <= $5 then 1 else 0 end), 1) as fits,
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
        where p.published_at is not null and (p.listed_at, p.id) < (cast($6 as bigint), $7)
        order by p.listed_at desc, p.id desc
        limit ($8 + 0)
      ) scope
      union all
      select *
      from (
        select p.listed_at as key, p.id as id
        from posts p
        where p.published_at is null and p.author_id = $9
        order by p.listed_at desc, p.id desc
        limit ($10 + 0)
      ) scope
      union all
      select *
      from (
        select p.listed_at as key, p.id as id
        from posts p
        where p.published_at is not null and p.author_id = $11 and (p.listed_at, p.id) > (cast($12 as bigint), $13)
        order by p.listed_at desc, p.id desc
        limit ($14 + 0)
      ) scope
    ) ranges
    order by key desc, id desc
    limit ($15 + 0)
  ) c
  join posts p on p.id = c.id
  join users u on u.id = p.author_id
  left join votes v on v.post_id = p.id and v.user_id = $16
) page;
