with newest as materialized (
  select k.key as key, p.id as id
  from post_search s
  cross join post_search_keys k on k.key = s.rowid
  cross join posts p on p.id = k.post_id
  where s.post_search match ?
    and (
      p.published_at is not null
        and p.listed_at <= ?
        or p.published_at is null
        and p.author_id = ?
        or p.published_at is not null
        and p.listed_at > ?
        and p.author_id = ?
    )
  order by s.rowid desc
  limit (? + 0)
),
  matches as materialized (
    select 1 + coalesce(more.points, 0) as key, n.id as id
    from (select id, key from newest order by key desc, id desc limit (? + 0)) n
    left join (
      select number, sum(points) as points
      from (
        select s.rowid as number, q.value ->> 'points' as points
        from json_each(?) q
        cross join post_search s
        where s.post_search match (q.value ->> 'match') and s.rowid >= (select min(key) from newest)
      )
      group by number
    ) more on more.number = n.key
    order by 1 desc, n.id desc
    limit (? + 0)
  ),
  unit as (select 1)
select null as author,
  found,
  case when fits = 1 then posts end as posts,
  0 as "contentBytes",
  count > ? as more,
  false as precedes,
  false as follows, (select count(*) from newest) as counted
from (
  select json_group_array(json_array(c.key, c.id)) as found,
    cast(coalesce(group_concat(case when true then format(?, json_quote(p.id)) end, char(30)), '') as blob) as posts,
    coalesce(min(case when true then 1 else 0 end), 1) as fits,
    count(*) as count
  from (
    select key, id
    from (select key, id from matches where true order by key desc, id desc limit (? + 0)) ranges
    order by key desc, id desc
    limit (? + 0)
  ) c
  cross join posts p on p.id = c.id
) page;
