//! Gives roles to persons at organizations.

use std::collections::{BTreeSet, HashMap};

use access::Authorized;
use kernel::{FieldError, Refusal, Role, RpcError, id::GrantId};
use proto::organization::v1::{AssignRolesRequest, AssignRolesResponse, RoleAssignment};
use uuid::Uuid;
use wire::Fields;

use crate::{
    app::App,
    domain::administrators::may_hold,
    error::OrganizationError,
    events,
    store::roles::{self, Assignment},
};

/// Gives all of them or none; a role that the person already holds there is left as it is.
pub async fn run(app: App, request: Authorized<AssignRolesRequest>) -> Result<AssignRolesResponse, RpcError> {
    let asked = read(&app, &request)?;
    let subjects: Vec<Uuid> = asked
        .iter()
        .map(|one| one.subject)
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect();

    let tx = app.store.begin(&request).await?;
    let mut held: HashMap<Uuid, Vec<Assignment>> = HashMap::new();
    for one in roles::held(&tx, &subjects, app.clock.today()).await? {
        held.entry(one.subject).or_default().push(one);
    }
    let mut given = Vec::new();
    let mut ids = Vec::with_capacity(asked.len());
    for one in asked {
        let already = held.entry(one.subject).or_default();
        let same = already
            .iter()
            .find(|h| h.role == one.role && h.organization == one.organization);
        if let Some(same) = same {
            ids.push(same.id.to_string());
            continue;
        }
        let roles: BTreeSet<Role> = already.iter().map(|h| h.role).collect();
        if !may_hold(&roles, one.role) {
            return Err(Refusal::from(OrganizationError::AdministratorsNotSeparate)
                .with("subject", one.subject)
                .into());
        }
        ids.push(one.id.to_string());
        already.push(one.clone());
        given.push(one);
    }

    roles::insert(&tx, &given, &request.caller().subject).await?;
    let changed: BTreeSet<Uuid> = given.iter().map(|one| one.subject).collect();
    for subject in changed {
        let at = given
            .iter()
            .find(|one| one.subject == subject)
            .map(|one| one.organization);
        events::caller(&tx, subject, at.ok_or_else(Refusal::not_found)?).await?;
    }
    if let Some(top) = request.organization() {
        tx.concerns(top, top.into());
    }
    tx.commit(AssignRolesResponse { grant_ids: ids }).await
}

fn read(app: &App, request: &Authorized<AssignRolesRequest>) -> Result<Vec<Assignment>, RpcError> {
    let mut fields = Fields::new();
    let mut asked = Vec::with_capacity(request.assignments.len());
    for (k, one) in request.assignments.iter().enumerate() {
        match assignment(&mut fields, &format!("assignments[{k}]"), one) {
            Some(read)
                if app
                    .scopes
                    .path(read.organization)
                    .is_some_and(|p| request.ranges().contains(&p)) =>
            {
                asked.push(read);
            }
            Some(_) => return Err(Refusal::not_found().into()),
            None => {}
        }
    }
    fields.done()?;
    Ok(asked)
}

fn assignment(fields: &mut Fields, at: &str, one: &RoleAssignment) -> Option<Assignment> {
    let subject = fields.parse(&format!("{at}.subject"), &one.subject);
    let organization = fields.parse(&format!("{at}.organization_id"), &one.organization_id);
    let from = fields.day(&format!("{at}.from"), &one.from);
    let until = fields.optional_day(&format!("{at}.until"), &one.until);
    let role = Role::from_code(&one.role).filter(|role| assignable(*role));
    if role.is_none() {
        let refusal: Refusal = OrganizationError::RoleNotAssignable.into();
        let wrong = FieldError {
            field: format!("{at}.role"),
            reason: refusal.reason,
            zh: refusal.zh,
        };
        fields.push(wrong);
    }
    Some(Assignment {
        id: GrantId::new(),
        subject: subject?,
        role: role?,
        organization: organization?,
        from: from?,
        until,
    })
}

/// The person himself, anyone and the system are what they are; nobody is assigned to them.
fn assignable(role: Role) -> bool {
    !matches!(role, Role::Person | Role::Anyone | Role::System)
}
