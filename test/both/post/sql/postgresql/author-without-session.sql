select i.value as id
from lateral (
  select place - 1 as key, member as value
  from json_array_elements_text(($1)::json) with ordinality as each (member, place)
) i
where exists (select 1 from posts p where p.author_id = i.value and (p.published_at is not null and p.listed_at <= $2));
