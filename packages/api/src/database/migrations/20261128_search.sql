create extension if not exists btree_gin;
create extension if not exists pg_trgm;

-- One spelling of what people write in several.
create or replace function chat_normalize(value text) returns text
language sql immutable strict parallel safe as $$
  select regexp_replace(
    translate(lower(value), 'يىكةأإآ۰۱۲۳۴۵۶۷۸۹٠١٢٣٤٥٦٧٨٩', 'ییکهااا01234567890123456789'),
    '[\u0640\u064b-\u0652\u0670\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]', '', 'g')
$$;

-- What a text is found by: a line in which half-spaces are left out and, if there are some, a second one with
-- spaces in their place. Punctuation, symbols and breaks are words of their own. Trigrams are made of what the
-- locale of the database takes for letters, which may be those of ASCII alone: capitals, which no text has any
-- more, stand for the 26 usual letters of Persian, each for one. The other nine are compared as they are.
create function chat_search_body(value text) returns text
language plpgsql immutable strict parallel safe as $$
declare
  apart constant text := '([\u0009-\u000d\u0021-\u002f\u003a-\u0040\u005b-\u0060\u007b-\u007e\u00a0-\u00bf'
    '\u060c\u061b\u061f\u066a-\u066d\u06d4\u2000-\u200a\u2010-\u2029\u202f-\u205f\u20a0-\u20cf\u2190-\u2bff'
    '\u3000-\u3003\u3008-\u3011\ufe00-\ufe0f\U0001f000-\U0001faff])';
  line text := chat_normalize(replace(value, U&'\200C', chr(1)));
begin
  line := ' ' || translate(line, 'ابپتجچحخدرزسشصطعفقکگلمنوهی', 'ABCDEFGHIJKLMNOPQRSTUVWXYZ') || ' ';
  if line ~ apart then
    line := regexp_replace(line, apart, ' \1 ', 'g');
  end if;
  if strpos(line, chr(1)) = 0 then
    return line;
  end if;
  return replace(line, chr(1), '') || chr(2) || replace(line, chr(1), ' ');
end
$$;

alter table conversations add column search_seq int not null default 0;

-- Filled behind the sends, up to `search_seq` of each conversation.
create table message_search (
  conversation_id uuid not null,
  seq int not null,
  sender_id uuid not null,
  created_at timestamptz(3) not null,
  body text not null,
  primary key (conversation_id, seq)
);
-- Without a pending list: a search in many conversations would read it as many times.
create index message_search_body on message_search using gin (conversation_id, body gin_trgm_ops)
  with (fastupdate = off);
