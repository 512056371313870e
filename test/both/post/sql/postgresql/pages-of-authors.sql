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
      json_agg(case when true then json_build_array(p.id, p.author_id) end order by c.key desc, c.id desc)::text, '[]'
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
        select p.listed_at as key, p.id as id
        from posts p
        where p.published_at is not null and (p.listed_at, p.id) < (cast($2 as bigint), $3)
        order by p.listed_at desc, p.id desc
        limit ($4 + 0)
      ) scope
      union all
      select *
      from (
        select p.listed_at as key, p.id as id
        from posts p
        where p.published_at is null and p.author_id = $5
        order by p.listed_at desc, p.id desc
        limit ($6 + 0)
      ) scope
      union all
      select *
      from (
        select p.listed_at as key, p.id as id
        from posts p
        where p.published_at is not null and p.author_id = $7 and (p.listed_at, p.id) > (cast($8 as bigint), $9)
        order by p.listed_at desc, p.id desc
        limit ($10 + 0)
      ) scope
    ) ranges
    order by key desc, id desc
    limit ($11 + 0)
  ) c
  join posts p on p.id = c.id
) page;

with pages as materialized (
  select a.value as author, (
    select coalesce(json_agg(json_build_array(c.key, c.id) order by c.key desc, c.id desc)::text, '[]')
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
          where p.published_at is not null and p.author_id = a.value and (p.listed_at, p.id) < (cast($1 as bigint), $2)
          order by p.listed_at desc, p.id desc
          limit ($3 + 0)
        ) scope
        union all
        select *
        from (
          select p.listed_at as key, p.id as id
          from posts p
          where p.published_at is null and p.author_id = a.value and a.value = $4
          order by p.listed_at desc, p.id desc
          limit ($5 + 0)
        ) scope
        union all
        select *
        from (
          select p.listed_at as key, p.id as id
          from posts p
          where p.published_at is not null
            and p.author_id = a.value
            and a.value = $6
            and (p.listed_at, p.id) > (cast($7 as bigint), $8)
          order by p.listed_at desc, p.id desc
          limit ($9 + 0)
        ) scope
      ) ranges
      order by key desc, id desc
      limit ($10 + 0)
    ) c
  ) as found,
    false as precedes,
    false as follows
  from lateral (
    select place - 1 as key, member as value
    from json_array_elements_text(($11)::json) with ordinality as each (member, place)
  ) a
),
  size as materialized (select 0 as bytes)
select author,
  found,
  case when size.bytes <= $12 then (
    select coalesce(json_agg(json_build_array(p.id, p.author_id, p.title) order by c.key)::text, '[]')
    from lateral (
      select place - 1 as key, member as value
      from json_array_elements((pages.found)::json) with ordinality as each (member, place)
    ) c
    join posts p on p.id = c.value ->> 1 and c.key < $13
  ) end as posts,
  size.bytes as "contentBytes",
  json_array_length((found)::json) > $14 as more,
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
        and (p.listed_at, p.id) >= (cast($1 as bigint), $2)
        and (p.listed_at, p.id) < (cast($3 as bigint), $4)
    )
    + (
      select count(*)
      from posts p
      where p.published_at is null
        and p.author_id = a.value
        and a.value = $5
        and (p.listed_at, p.id) >= (cast($6 as bigint), $7)
    )
    + (
      select count(*)
      from posts p
      where p.published_at is not null
        and p.author_id = a.value
        and a.value = $8
        and (p.listed_at, p.id) > (cast($9 as bigint), $10)
    ) as count
from lateral (
  select place - 1 as key, member as value
  from json_array_elements_text(($11)::json) with ordinality as each (member, place)
) a;
