//! The first organization and its first administrators.

use access::Authorized;
use kernel::{
    Role, RpcError,
    id::{GrantId, OrganizationId},
};
use proto::organization::v1::{FoundRootRequest, FoundRootResponse};
use uuid::Uuid;
use wire::{Fields, words};

use crate::{
    app::App,
    convert::{Beside, Standing},
    error::OrganizationError,
    events,
    store::{
        beside, external_ids, organizations,
        roles::{self, Assignment},
    },
};

/// Makes the root, once: sent again with the same external id it gives the same root.
pub async fn run(app: App, request: Authorized<FoundRootRequest>) -> Result<FoundRootResponse, RpcError> {
    let mut fields = Fields::new();
    let founded_on = fields.day("founded_on", &request.founded_on);
    let level = fields.known("level", words::level(request.level));
    let security: Option<Uuid> = fields.parse("security_subject", &request.security_subject);
    let org_dept: Option<Uuid> = fields.parse("org_dept_subject", &request.org_dept_subject);
    let input = (|| Some((founded_on?, level?, security?, org_dept?)))();
    let (founded_on, level, security, org_dept) = fields.build(input)?;
    if founded_on > app.clock.today() {
        return Err(OrganizationError::DayInFuture.into());
    }
    if security == org_dept {
        return Err(OrganizationError::AdministratorsNotSeparate.into());
    }
    let elsewhere = request.external_id.clone().unwrap_or_default();
    let key = (elsewhere.system.clone(), elsewhere.value.clone());

    let tx = app.store.begin(&request).await?;
    let known = external_ids::resolve(&tx, std::slice::from_ref(&key)).await?;
    if let Some(id) = known.get(&key) {
        let root = organizations::present(&tx, &[*id])
            .await?
            .into_iter()
            .find(|one| one.parent.is_none());
        let root = root.ok_or(OrganizationError::RootExists)?;
        let beside = beside::of(&tx, &[root.id], app.clock.today())
            .await?
            .remove(&root.id);
        tx.unchanged();
        return tx
            .commit(FoundRootResponse {
                organization: Some(root.wire(beside.unwrap_or_default())),
            })
            .await;
    }
    if organizations::any(&tx).await? {
        return Err(OrganizationError::RootExists.into());
    }

    let id = OrganizationId::new();
    let root = Standing {
        id,
        founded_on,
        dissolved_on: None,
        admin_code: String::new(),
        admin_edition: 0,
        leads_area: false,
        version: 1,
        valid_from: founded_on,
        parent: None,
        path: id.bytes().to_vec(),
        name: request.name.trim().to_owned(),
        kind: kernel::OrganizationKind::LocalCommittee,
        level: Some(level),
        domain: None,
        recorded_at: kernel::clock::system_now(),
    };
    organizations::insert(&tx, std::slice::from_ref(&root)).await?;
    external_ids::insert(&tx, [(key, id)]).await?;
    let given = [(Role::Security, security), (Role::OrgDept, org_dept)].map(|(role, subject)| Assignment {
        id: GrantId::new(),
        subject,
        role,
        organization: id,
        from: founded_on,
        until: None,
    });
    roles::insert(&tx, &given, &request.caller().subject).await?;

    let beside = Beside {
        external_ids: vec![elsewhere],
        covered_units: 0,
    };
    let answer = root.wire(beside);
    events::organizations(&tx, std::slice::from_ref(&root), app.clock.today()).await?;
    for assignment in &given {
        events::caller(&tx, assignment.subject, id).await?;
    }
    tx.concerns(id, id.into());
    tx.commit(FoundRootResponse {
        organization: Some(answer),
    })
    .await
}
