export { forgetOrganizations } from './organization.forget.ts';
export { findOrganizationMembers } from './organization.members.repository.ts';
export { findOrganizationRole, lockOrganization } from './organization.repository.ts';
