//! The door over real sockets, in every dialect.

mod connect;
mod deadlines;
mod get;
mod grpc;
mod headers;
mod limits;
mod web;

/// A read of organization, through the gateway.
const READ: &str = "/zhibu.organization.v1.OrganizationService/GetOrganization";
/// A write of organization.
const WRITE: &str = "/zhibu.organization.v1.OrganizationService/ImportOrganizations";
/// A count of member.
const COUNT: &str = "/zhibu.member.v1.MemberService/CountMembers";
/// What anybody may read, without signing in.
const PUBLIC: &str = "/zhibu.process.v1.ProcessService/GetProcedure";
