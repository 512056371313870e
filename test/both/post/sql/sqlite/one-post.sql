select case when octet_length(p.content) <= ? then cast(
  format(
    ?,
      json_quote(p.id),
      json_quote(p.title),
      json_quote(p.content),
      case when p.published_at is null then '"DRAFT"' when p.published_at <= ? then '"PUBLISHED"' else '"SCHEDULED"' end,
      coalesce('"' || strftime('%Y-%m-%dT%H:%M:%fZ', p.created_at / 1000.0, 'unixepoch') || '"', 'null'),
      p.vote_count,
      case when v.user_id is null then 'false' else 'true' end,
      json_quote(u.name)
  ) as blob
) end as post
from (select 1) one
cross join posts p on p.id = ?
cross join users u on u.id = p.author_id
left join votes v on v.post_id = p.id and v.user_id = ?
where (
  p.published_at is not null
    and p.listed_at <= ?
    or p.published_at is null
    and p.author_id = ?
    or p.published_at is not null
    and p.listed_at > ?
    and p.author_id = ?
);
