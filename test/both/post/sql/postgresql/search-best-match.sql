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
        order by p.id desc
        limit ($8 + 0)
      )
      union all
      select *
      from (
        select *
        from (
          select p.created_at as key, p.id as id
          from posts p
          where p.published_at is not null
            and coalesce(p.listed_at, p.listed_at) <= $9
            and (select s.words from post_search s where s.post_id = p.id) @@ $10::tsquery
          order by p.created_at desc, p.id desc
          limit ($11 + 0)
        ) walk
        union all
        select *
        from (
          select p.created_at as key, p.id as id
          from posts p
          where p.published_at is null
            and p.author_id = $12
            and (select s.words from post_search s where s.post_id = p.id) @@ $13::tsquery
          order by p.created_at desc, p.id desc
          limit ($14 + 0)
        ) walk
        union all
        select *
        from (
          select coalesce(p.created_at, p.created_at) as key, p.id as id
          from posts p
          where p.published_at is not null
            and p.author_id = $15
            and p.listed_at > $16
            and p.version > 0
            and (select s.words from post_search s where s.post_id = p.id) @@ $17::tsquery
          order by coalesce(p.created_at, p.created_at) desc, p.id desc
          limit ($18 + 0)
        ) walk
      ) walked
      where (select count(*) from hits) > $19
    ) found
    order by key desc, id desc
    limit ($20 + 0)
  ),
  matches as materialized (
    select 1 + case when s.words @@ $21::tsquery then $22 else 0 end + case when s.words @@ $23::tsquery then $24 else 0 end + case when s.words @@ $25::tsquery then $26 else 0 end + case when s.words @@ $27::tsquery then $28 else 0 end as key,
      n.id as id
    from (select id, key from newest order by key desc, id desc limit ($29 + 0)) n
    join post_search s on s.post_id = n.id
    order by 1 desc, n.id desc
    limit ($30 + 0)
  ),
  unit as (select 1)
select null as author,
  found,
  case when fits = 1 then posts end as posts,
  0 as "contentBytes",
  count > $31 as more,
  false as precedes,
  false as follows, (select count(*) from newest) as counted
from (
  select coalesce(json_agg(json_build_array(c.key, c.id) order by c.key desc, c.id desc)::text, '[]') as found,
    coalesce(
      string_agg(case when true then format($32, to_json(p.id)::text) end, chr(30) order by c.key desc, c.id desc), ''
    ) as posts,
    coalesce(min(case when true then 1 else 0 end), 1) as fits,
    count(*) as count
  from (
    select key, id
    from (select key, id from matches where true order by key desc, id desc limit ($33 + 0)) ranges
    order by key desc, id desc
    limit ($34 + 0)
  ) c
  join posts p on p.id = c.id
) page;
