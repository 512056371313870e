with found as materialized (
  select p.id
  from lateral (
    select place - 1 as key, member as value
    from json_array_elements_text(($1)::json) with ordinality as each (member, place)
  ) i
  join posts p on p.id = i.value
  where (
    p.published_at is not null
      and p.listed_at <= $2
      or p.published_at is null
      and p.author_id = $3
      or p.published_at is not null
      and p.listed_at > $4
      and p.author_id = $5
  )
),
  size as materialized (
    select (
      select coalesce(sum(octet_length(to_json(p.content)::text)), 0) * $6 from found join posts p on p.id = found.id
    ) as bytes
  )
select case when size.bytes <= $7 then (
  select coalesce(json_agg(json_build_array(p.id, p.author_id, p.title, p.content) order by p.id)::text, '[]')
  from found
  join posts p on p.id = found.id
) end as posts,
  size.bytes as "contentBytes"
from size;
