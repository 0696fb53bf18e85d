alter table users
  alter column phone drop not null,
  drop constraint users_phone_unique,
  drop constraint users_status_check,
  add column kind text,
  add column email text constraint users_email_unique unique,
  add column birthday date,
  add column language text,
  add column time_zone text,
  add column inactive_reason text,
  add column erase_at timestamptz(3),
  add column phone_changed_at timestamptz(3);
update users set kind = 'personal';
alter table users
  alter column kind set not null,
  add constraint users_phone_kind_unique unique (phone, kind),
  add constraint users_status_check check (status in ('active', 'inactive', 'leaving', 'erased')),
  add constraint users_language_check check (language in ('en', 'fa')),
  add constraint users_contact_check check (status = 'erased' or phone is not null or email is not null);
create index users_erase_at on users (erase_at);

alter table sessions
  add column authenticated_at timestamptz(3),
  add column device_key bytea,
  add column device_kind text,
  add column browser text,
  add column os text;
update sessions set authenticated_at = created_at;
alter table sessions alter column authenticated_at set not null;

alter table otp_challenges rename column phone to contact;
alter table otp_challenges
  add column channel text,
  add column user_id uuid constraint otp_challenges_user_id_foreign references users (id);
update otp_challenges set channel = 'sms';
alter table otp_challenges
  alter column channel set not null,
  add constraint otp_challenges_channel_check check (channel in ('sms', 'mail'));
alter index otp_challenges_phone_created rename to otp_challenges_contact_created;
create index otp_challenges_user on otp_challenges (user_id);

create table otp_contacts (
  contact text primary key,
  wrong int not null,
  resets_at timestamptz(3) not null
);
create index otp_contacts_resets on otp_contacts (resets_at);

-- The layout is that of rate-limiter-flexible.
create table limits (
  key varchar(255) primary key,
  points int not null default 0,
  expire bigint
);
create index limits_expire on limits (expire);
drop table rate_limits;

create table passwords (
  user_id uuid primary key constraint passwords_user_id_foreign references users (id),
  hash text not null,
  changed_at timestamptz(3) not null
);

create table password_delays (
  name text primary key,
  failures int not null,
  next_at timestamptz(3) not null
);
create index password_delays_next on password_delays (next_at);

create table audit_events (
  id uuid primary key,
  user_id uuid constraint audit_events_user_id_foreign references users (id),
  actor_id uuid constraint audit_events_actor_id_foreign references users (id),
  session_id uuid,
  type text not null,
  at timestamptz(3) not null,
  ip text not null,
  detail jsonb not null
);
create index audit_events_user on audit_events (user_id, at, id);
create index audit_events_at on audit_events (at);
create index audit_events_actor on audit_events (actor_id);

create function refuse_audit_change() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' and current_setting('chapar.audit_removal', true) = 'on' then
    return old;
  end if;
  raise exception 'audit_events is append-only' using errcode = 'insufficient_privilege';
end
$$;
create trigger audit_events_append_only before update or delete on audit_events
  for each row execute function refuse_audit_change();
create trigger audit_events_no_truncate before truncate on audit_events
  for each statement execute function refuse_audit_change();
