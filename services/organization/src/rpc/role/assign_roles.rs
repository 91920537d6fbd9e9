//! Gives roles to persons at organizations.

use std::collections::{BTreeMap, BTreeSet};

use access::Authorized;
use kernel::{
    Day, Refusal, Role, RpcError,
    id::{GrantId, OrganizationId},
};
use proto::organization::v1::{AssignRolesRequest, AssignRolesResponse, RoleAssignment};
use uuid::Uuid;
use wire::Fields;

use crate::{
    app::App,
    domain::{
        administrators::may_hold,
        branch::Span,
        grant::{Before, Given, give},
    },
    error::OrganizationError,
    events,
    store::{
        epochs,
        roles::{self, Assignment},
    },
};

/// Gives all of them or none; a role that the person already holds there is left as it is, and goes on where more is
/// asked for. Two who give roles to one person do so one after the other.
pub async fn run(app: App, request: Authorized<AssignRolesRequest>) -> Result<AssignRolesResponse, RpcError> {
    let asked = read(&app, &request)?;
    let subjects: BTreeSet<Uuid> = asked.iter().map(|one| one.subject).collect();
    // The first administrators are named by the founding of the root, so that nobody ever has to begin with himself.
    let caller = request.caller().subject.parse();
    if caller.is_ok_and(|caller| subjects.contains(&caller)) {
        return Err(OrganizationError::RoleToSelf.into());
    }

    let tx = app.store.begin(&request).await?;
    epochs::hold(&tx, &subjects).await?;
    let mut plan = Plan::new(roles::of(&tx, &subjects).await?, app.clock.today());
    for one in asked {
        plan.give(one)?;
    }

    roles::insert(&tx, &plan.new, &request.caller().subject).await?;
    for id in &plan.going_on {
        if let Some(one) = plan.all.iter().find(|one| one.id == *id) {
            roles::end(&tx, *id, one.until).await?;
        }
    }
    for (subject, at) in &plan.changed {
        events::caller(&tx, *subject, *at).await?;
    }
    if let Some(top) = request.organization() {
        tx.concerns(top, top.into());
    }
    if plan.changed.is_empty() {
        tx.unchanged();
    }
    let grant_ids = plan.ids.iter().map(ToString::to_string).collect();
    tx.commit(AssignRolesResponse { grant_ids }).await
}

/// What the request will do.
struct Plan {
    today: Day,
    /// Everything that the persons hold, have held or will hold, with what is given here.
    all: Vec<Assignment>,
    new: Vec<Assignment>,
    going_on: BTreeSet<GrantId>,
    /// Whose grants change, and where the first of them is held.
    changed: BTreeMap<Uuid, OrganizationId>,
    /// In the order asked.
    ids: Vec<GrantId>,
}

impl Plan {
    fn new(all: Vec<Assignment>, today: Day) -> Self {
        let (new, going_on, changed, ids) = Default::default();
        Self {
            today,
            all,
            new,
            going_on,
            changed,
            ids,
        }
    }

    fn give(&mut self, asked: Assignment) -> Result<(), Refusal> {
        let same = |one: &&Assignment| {
            one.subject == asked.subject && one.role == asked.role && one.organization == asked.organization
        };
        let before: Vec<Before> = self
            .all
            .iter()
            .filter(same)
            .map(|one| Before {
                id: one.id,
                span: one.span(),
            })
            .collect();
        self.keep_apart(&asked)?;
        match give(&before, asked.span(), self.today) {
            Given::Held(id) => {
                self.ids.push(id);
                return Ok(());
            }
            Given::GoesOn(id) => {
                self.ids.push(id);
                self.go_on(id, asked.until);
            }
            Given::New(from) => {
                let one = Assignment {
                    from,
                    ..asked.clone()
                };
                self.ids.push(one.id);
                self.all.push(one.clone());
                self.new.push(one);
            }
        }
        self.changed.entry(asked.subject).or_insert(asked.organization);
        Ok(())
    }

    /// One that is given by this very request is not in the database yet.
    fn go_on(&mut self, id: GrantId, until: Option<Day>) {
        for one in self.all.iter_mut().chain(&mut self.new) {
            if one.id == id {
                one.until = until;
            }
        }
        if self.new.iter().all(|one| one.id != id) {
            self.going_on.insert(id);
        }
    }

    /// N-20, on whatever day from today on both would be held.
    fn keep_apart(&self, asked: &Assignment) -> Result<(), Refusal> {
        let ahead = Span {
            from: asked.from.max(self.today),
            until: asked.until,
        };
        let beside = self
            .all
            .iter()
            .filter(|one| one.subject == asked.subject && one.span().meets(ahead));
        let roles: BTreeSet<Role> = beside.map(|one| one.role).collect();
        if may_hold(&roles, asked.role) {
            return Ok(());
        }
        let broken = Refusal::from(OrganizationError::AdministratorsNotSeparate);
        Err(broken.with("subject", asked.subject))
    }
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
    let role = fields.known(&format!("{at}.role"), Role::from_code(&one.role));
    Some(Assignment {
        id: GrantId::new(),
        subject: subject?,
        role: role?,
        organization: organization?,
        from: from?,
        until,
    })
}
