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
      string_agg(case when true then format($2, to_json(p.id)::text) end, chr(30) order by c.key desc, c.id desc), ''
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
        where p.published_at is not null
          and coalesce(p.created_at, p.created_at) > $3
          and coalesce(p.created_at, p.created_at) < $4
          and (p.listed_at, p.id) > (cast($5 as bigint), $6)
          and (p.listed_at, p.id) < (cast($7 as bigint), $8)
        order by p.listed_at desc, p.id desc
        limit ($9 + 0)
      ) scope
      union all
      select *
      from (
        select (p.listed_at + 0) as key, p.id as id
        from posts p
        where p.published_at is not null
          and p.listed_at <> p.created_at
          and coalesce(p.created_at, p.created_at) > $10
          and coalesce(p.created_at, p.created_at) < $11
          and ((p.listed_at + 0), p.id) > (cast($12 as bigint), $13)
          and ((p.listed_at + 0), p.id) < (cast($14 as bigint), $15)
        order by (p.listed_at + 0) desc, p.id desc
        limit ($16 + 0)
      ) scope
      union all
      select *
      from (
        select (p.listed_at + 0) as key, p.id as id
        from posts p
        where p.published_at is not null
          and p.listed_at <> p.created_at
          and coalesce(p.created_at, p.created_at) > $17
          and coalesce(p.created_at, p.created_at) < $18
          and ((p.listed_at + 0), p.id) < (cast($19 as bigint), $20)
        order by (p.listed_at + 0) desc, p.id desc
        limit ($21 + 0)
      ) scope
      union all
      select *
      from (
        select p.listed_at as key, p.id as id
        from posts p
        where p.published_at is null
          and p.author_id = $22
          and coalesce(p.created_at, p.created_at) > $23
          and coalesce(p.created_at, p.created_at) < $24
          and (p.listed_at, p.id) > (cast($25 as bigint), $26)
          and (p.listed_at, p.id) < (cast($27 as bigint), $28)
        order by p.listed_at desc, p.id desc
        limit ($29 + 0)
      ) scope
      union all
      select *
      from (
        select p.listed_at as key, p.id as id
        from posts p
        where p.published_at is not null
          and p.author_id = $30
          and coalesce(p.created_at, p.created_at) > $31
          and coalesce(p.created_at, p.created_at) < $32
          and (p.listed_at, p.id) > (cast($33 as bigint), $34)
          and (p.listed_at, p.id) < (cast($35 as bigint), $36)
        order by p.listed_at desc, p.id desc
        limit ($37 + 0)
      ) scope
      union all
      select *
      from (
        select (p.listed_at + 0) as key, p.id as id
        from posts p
        where p.published_at is not null
          and p.author_id = $38
          and p.listed_at <> p.created_at
          and coalesce(p.created_at, p.created_at) > $39
          and coalesce(p.created_at, p.created_at) < $40
          and ((p.listed_at + 0), p.id) > (cast($41 as bigint), $42)
        order by (p.listed_at + 0) desc, p.id desc
        limit ($43 + 0)
      ) scope
      union all
      select *
      from (
        select (p.listed_at + 0) as key, p.id as id
        from posts p
        where p.published_at is not null
          and p.author_id = $44
          and p.listed_at <> p.created_at
          and coalesce(p.created_at, p.created_at) > $45
          and coalesce(p.created_at, p.created_at) < $46
          and ((p.listed_at + 0), p.id) > (cast($47 as bigint), $48)
          and ((p.listed_at + 0), p.id) < (cast($49 as bigint), $50)
        order by (p.listed_at + 0) desc, p.id desc
        limit ($51 + 0)
      ) scope
    ) ranges
    order by key desc, id desc
    limit ($52 + 0)
  ) c
  join posts p on p.id = c.id
) page;
