with hits as materialized (select s.post_id from post_search s where s.words @@ $1::tsquery limit ($2 + 0)),
  newest as materialized (
    select key, id
    from (
      (
        select p.created_at as key, p.id as id
        from (select post_id from hits order by post_id desc) h
        join posts p on p.id = h.post_id
        where not ((select count(*) from hits) > $3)
          and (
            p.published_at is not null
              and p.listed_at <= $4
              or p.published_at is null
              and p.author_id = $5
              or p.published_at is not null
              and p.listed_at > $6
              and p.author_id = $7
          )
          and p.author_id = $8
        order by p.id desc
        limit ($9 + 0)
      )
      union all
      select *
      from (
        select *
        from (
          select p.created_at as key, p.id as id
          from posts p
          where p.published_at is not null
            and p.author_id = $10
            and coalesce(p.listed_at, p.listed_at) <= $11
            and (select s.words from post_search s where s.post_id = p.id) @@ $12::tsquery
          order by p.created_at desc, p.id desc
          limit ($13 + 0)
        ) walk
        union all
        select *
        from (
          select p.created_at as key, p.id as id
          from posts p
          where p.published_at is null
            and p.author_id = $14
            and $15 = $16
            and (select s.words from post_search s where s.post_id = p.id) @@ $17::tsquery
          order by p.created_at desc, p.id desc
          limit ($18 + 0)
        ) walk
        union all
        select *
        from (
          select coalesce(p.created_at, p.created_at) as key, p.id as id
          from posts p
          where p.published_at is not null
            and p.author_id = $19
            and $20 = $21
            and p.listed_at > $22
            and p.version > 0
            and (select s.words from post_search s where s.post_id = p.id) @@ $23::tsquery
          order by coalesce(p.created_at, p.created_at) desc, p.id desc
          limit ($24 + 0)
        ) walk
      ) walked
      where (select count(*) from hits) > $25
    ) found
    order by key desc, id desc
    limit ($26 + 0)
  ),
  matches as materialized (
    select p.title_key as key, p.id as id
    from (select id, key from newest order by key desc, id desc limit ($27 + 0)) n
    join posts p on p.id = n.id
  ),
  unit as (select 1)
select null as author,
  found,
  case when fits = 1 then posts end as posts,
  0 as "contentBytes",
  count > $28 as more,
  false as precedes,
  false as follows, (select count(*) from newest) as counted
from (
  select coalesce(json_agg(json_build_array(c.key, c.id) order by c.key asc, c.id asc)::text, '[]') as found,
    coalesce(
      string_agg(case when true then format($29, to_json(p.id)::text) end, chr(30) order by c.key asc, c.id asc), ''
    ) as posts,
    coalesce(min(case when true then 1 else 0 end), 1) as fits,
    count(*) as count
  from (
    select key, id
    from (select key, id from matches where true order by key asc, id asc limit ($30 + 0)) ranges
    order by key asc, id asc
    limit ($31 + 0)
  ) c
  join posts p on p.id = c.id
) page;
