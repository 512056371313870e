select i.value as id
from json_each(?) i
where exists (select 1 from posts p where p.author_id = i.value and (p.published_at is not null and p.listed_at <= ?));
