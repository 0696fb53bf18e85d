create table sms_messages (
  id uuid primary key,
  ref text not null constraint sms_messages_ref_unique unique,
  recipient text not null,
  purpose text not null,
  template text,
  language text,
  text text not null,
  sealed bytea,
  status text not null,
  parts int not null,
  tries int not null,
  claim uuid,
  claimed_at timestamptz(3),
  provider text,
  tried_at timestamptz(3),
  lost_providers jsonb not null,
  provider_message_id text,
  cost_amount text,
  cost_unit text,
  error text,
  provider_code text,
  attempts jsonb not null,
  delivery text,
  delivery_at timestamptz(3),
  poll_at timestamptz(3),
  polls int not null,
  on_refused text,
  sender_id uuid constraint sms_messages_sender_id_foreign references users (id),
  service text,
  created_at timestamptz(3) not null,
  sent_at timestamptz(3),
  expires_at timestamptz(3) not null,
  constraint sms_messages_purpose_check check (purpose in ('code', 'notice', 'custom')),
  constraint sms_messages_language_check check (language in ('en', 'fa')),
  constraint sms_messages_status_check check (
    status in ('waiting', 'sending', 'accepted', 'rejected', 'unknown', 'dead', 'expired')
  ),
  constraint sms_messages_delivery_check check (
    delivery in (
      'queued', 'scheduled', 'sent-to-carrier', 'delivered', 'undelivered', 'failed',
      'blacklisted', 'filtered', 'canceled', 'unknown'
    )
  )
);
create index sms_messages_created on sms_messages (created_at, id);
create index sms_messages_recipient on sms_messages (recipient, created_at, id);
create index sms_messages_status on sms_messages (status, created_at, id);
create index sms_messages_poll on sms_messages (provider, poll_at);
create index sms_messages_provider_id on sms_messages (provider, provider_message_id);
create index sms_messages_sender on sms_messages (sender_id);

create table sms_providers (
  name text primary key,
  credit_amount text,
  credit_unit text,
  credit_at timestamptz(3),
  is_credit_low boolean not null,
  closed_reason text,
  closed_at timestamptz(3)
);
