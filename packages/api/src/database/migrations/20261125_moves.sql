-- A cursor is a position and a base that rises when the database moves to another cluster: transaction ids
-- begin anew there, and a cursor from before must not fit again once they have grown.
alter table stream_floor
  add column base bigint not null default 0,
  add column cluster bigint;
alter table stream_floor alter column base drop default;
