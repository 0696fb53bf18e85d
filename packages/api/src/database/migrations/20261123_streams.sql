-- The live log is kept in one partition a day, so that forgetting a day is dropping a table. What comes
-- under a day without a partition, because some clock is far off, goes to the default one.
alter table stream_events rename to stream_events_before;
alter table stream_events_before rename constraint stream_events_pkey to stream_events_before_pkey;
drop index stream_events_stream_pos, stream_events_pos, stream_events_at;

create table stream_events (
  stream_id uuid not null,
  seq bigint not null,
  pos bigint not null,
  type text not null,
  at timestamptz(3) not null,
  body json not null,
  primary key (stream_id, seq, at)
) partition by range (at);
create index stream_events_stream_pos on stream_events (stream_id, pos, seq);
create index stream_events_pos on stream_events (pos);
create table stream_events_default partition of stream_events default;

do $$
declare
  first_day date := (select coalesce(min(at) at time zone 'utc', now() at time zone 'utc')::date from stream_events_before);
  day date;
begin
  for day in select generate_series(first_day, (now() at time zone 'utc')::date + 3, '1 day')::date loop
    execute format(
      'create table %I partition of stream_events for values from (%L) to (%L)',
      'stream_events_' || to_char(day, 'YYYYMMDD'),
      day::text || ' 00:00:00+00', (day + 1)::text || ' 00:00:00+00');
  end loop;
end $$;

insert into stream_events (stream_id, seq, pos, type, at, body)
  select stream_id, seq, pos, type, at, body::json from stream_events_before;
drop table stream_events_before;

-- Their rows change with every message: room on the page keeps the new version beside the old one, without
-- a new index entry.
alter table streams set (fillfactor = 70);
alter table conversations set (fillfactor = 70);
alter table conversation_members set (fillfactor = 80);
