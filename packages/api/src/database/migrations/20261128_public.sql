-- One spelling of what people write in several.
create or replace function chat_normalize(value text) returns text
language sql immutable strict parallel safe as $$
  select regexp_replace(
    translate(lower(value), 'يىكةأإآ۰۱۲۳۴۵۶۷۸۹٠١٢٣٤٥٦٧٨٩', 'ییکهااا01234567890123456789'),
    '[\u0640\u064b-\u0652\u0670\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]', '', 'g')
$$;

-- The words of a text, those that a half-space joins as one and as two. Not trigrams: they are made of what the
-- locale of the database takes for letters, and Persian ones may not be among them.
-- It has a setting, and so stays a function with a price: it costs more to make words than to look them up.
create function chat_words(value text) returns tsvector
language sql immutable strict parallel safe cost 1000 set search_path = pg_catalog
return to_tsvector('simple', regexp_replace(
  chat_normalize(value || ' ' || replace(value, U&'\200C', ' ')), '[^[:alnum:]]+', ' ', 'g'));

-- Texts that have all words of a query, or words that begin so. Null for a query without words.
create function chat_query(value text) returns tsquery
language sql immutable strict parallel safe
return (
  select to_tsquery('simple', string_agg(word || ':*', ' & '))
  from regexp_split_to_table(chat_normalize(value), '[^[:alnum:]]+') word
  where word <> ''
);

create index conversations_public on conversations (member_count desc, id desc)
  where is_public and status in ('open', 'hold');
create index conversations_public_words on conversations
  using gin (chat_words(title || ' ' || coalesce(description, '')))
  where is_public and status in ('open', 'hold');
