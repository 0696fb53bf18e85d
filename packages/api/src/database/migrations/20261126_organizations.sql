create table organizations (
  id uuid primary key,
  owner_id uuid not null
    constraint organizations_owner_id_unique unique
    constraint organizations_owner_id_foreign references users (id),
  name text not null,
  handle text not null constraint organizations_handle_unique unique,
  created_at timestamptz(3) not null,
  constraint organizations_handle_check check (handle ~ '^[a-z][a-z0-9_]{2,44}$')
);

create table organization_members (
  organization_id uuid not null
    constraint organization_members_organization_id_foreign references organizations (id),
  user_id uuid not null constraint organization_members_user_id_foreign references users (id),
  role text not null check (role in ('owner', 'admin', 'member')),
  created_at timestamptz(3) not null,
  primary key (organization_id, user_id)
);
create index organization_members_user on organization_members (user_id, organization_id);
create index organization_members_joined on organization_members (organization_id, created_at, user_id);

-- Every handle that there has ever been. It stays with its organization when that takes another one or
-- is gone, so that nobody comes to be taken for somebody else.
create table organization_handles (
  handle text primary key,
  organization_id uuid not null
);
create index organization_handles_organization on organization_handles (organization_id);
