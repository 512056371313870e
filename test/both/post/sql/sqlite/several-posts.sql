with found as materialized (
  select p.id
  from json_each(?) i
  cross join posts p on p.id = i.value
  where (
    p.published_at is not null
      and p.listed_at <= ?
      or p.published_at is null
      and p.author_id = ?
      or p.published_at is not null
      and p.listed_at > ?
      and p.author_id = ?
  )
),
  size as materialized (
    select (
      select coalesce(sum(octet_length(json_quote(p.content))), 0) * ? from found cross join posts p on p.id = found.id
    ) as bytes
  )
select case when size.bytes <= ? then (
  select json_group_array(json_array(p.id, p.author_id, p.title, p.content))
  from found
  cross join posts p on p.id = found.id
) end as posts,
  size.bytes as "contentBytes"
from size;
