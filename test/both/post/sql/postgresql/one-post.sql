select case when octet_length(p.content) <= $1 then format(
  $2,
    to_json(p.id)::text,
    to_json(p.title)::text,
    to_json(p.content)::text,
    case when p.published_at is null then '"DRAFT"' when p.published_at <= $3 then '"PUBLISHED"' else '"SCHEDULED"' end,
    coalesce(
      '"' || to_char(
        timestamp 'epoch' + p.created_at * interval '1 millisecond', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'
      ) || '"', 'null'
    ),
    p.vote_count,
    case when v.user_id is null then 'false' else 'true' end,
    to_json(u.name)::text
) end as post
from (select 1) one
join posts p on p.id = $4
join users u on u.id = p.author_id
left join votes v on v.post_id = p.id and v.user_id = $5
where (
  p.published_at is not null
    and p.listed_at <= $6
    or p.published_at is null
    and p.author_id = $7
    or p.published_at is not null
    and p.listed_at > $8
    and p.author_id = $9
);
