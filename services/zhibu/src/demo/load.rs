//! Founds the root and loads what is known at each stage, through the import RPCs: what others refer to first,
//! then everything else side by side.

use std::collections::BTreeMap;

use futures::try_join;
use kernel::{Day, Role};
use proto::{
    kernel::v1::ExternalId,
    member::v1::{ListMembersRequest, MemberRow, member_service_client::MemberServiceClient as Members},
    organization::v1::{
        AssignRolesRequest, FoundRootRequest, ResolveExternalIdsRequest, RoleAssignment,
        organization_service_client::OrganizationServiceClient as Organization,
    },
};

use super::{
    door::answer_limit,
    error::{DemoError, reason},
    imports::{Import, Imported},
    journey::Journey,
    rows::{self, SYSTEM, Sight, life, members, organizations, support},
};

/// The contract's limit of a request that asks for ids.
const MOST_IDS: usize = 1000;
const PAGE: i32 = 1000;
/// The contract's limit of a request that gives roles.
const MOST_ROLES: usize = 500;

impl Journey {
    /// Founds the root with its first administrators, directly at organization: nobody can sign in before.
    pub async fn found(&mut self) -> Result<(), DemoError> {
        if self.folder.is_new() && self.clock.has_told("organization").await? {
            return Err(DemoError::DatabaseInUse(self.folder.root().to_owned()));
        }
        let root = &self.county.organizations[0];
        let request = FoundRootRequest {
            name: root.name.clone(),
            level: root.level.map(wire::words::level_number).unwrap_or_default(),
            founded_on: rows::text(root.founded),
            external_id: rows::external(&root.external_id),
            security_subject: self.first_security(),
            org_dept_subject: self.reader()?,
        };
        let answer = Organization::new(self.inside.clone()).found_root(request).await;
        match answer {
            Err(status) if reason(&status) != "ROOT_EXISTS" => Err(DemoError::refused("建立根组织", &status)),
            _ => {
                self.clock.settle().await?;
                self.learn_ids(0).await
            }
        }
    }

    /// The first security administrator: staff, no member.
    fn first_security(&self) -> String {
        self.ids.person("security-of-the-root")
    }

    /// Loads everything that became known since the stage before.
    pub async fn load(&mut self, stage: usize) -> Result<(), DemoError> {
        self.news.now("导入");
        let first = self.sight(stage);
        let today = first.today;
        let below_root = organizations::organizations(&first);
        if !below_root.is_empty() {
            self.import("organizations", 0, today, below_root).await?;
            self.learn_ids(stage).await?;
            self.clock.settle().await?;
        }
        self.load_members(stage).await?;
        self.clock.settle().await?;
        self.give_roles(stage).await?;
        let sight = self.sight(stage);
        let (posts, units, guarantees) = (
            organizations::posts(&sight),
            organizations::units(&sight),
            support::guarantees(&sight),
        );
        // Fund movements and posts build on what stands before them: one after the other within a service.
        let organization = async {
            self.spread(today, units).await?;
            self.spread(today, posts).await?;
            self.spread(today, guarantees).await
        };
        let member = async {
            self.spread(today, members::development(&sight)).await?;
            self.spread(today, members::hours(&sight)).await?;
            self.spread(today, members::dues(&sight)).await
        };
        let activity = async {
            self.spread(today, life::meetings(&sight)).await?;
            self.spread(today, life::records(&sight)).await
        };
        let rating = self.spread(today, life::findings(&sight));
        try_join!(organization, member, activity, rating).map(|_| ())
    }

    /// Learns the ids that a stage gave which a run before this one loaded. Nothing is sent again: the keys by which
    /// the services know what they have answered are kept for two weeks, a data folder longer.
    pub async fn recall(&mut self, stage: usize) -> Result<(), DemoError> {
        self.learn_ids(stage).await?;
        match self.learn_members(self.sight(stage).today).await? {
            0 => Ok(()),
            many => Err(DemoError::answer(format!("有 {many} 名已导入的党员查不到编号"))),
        }
    }

    /// Learns the ids of the members of a day; says how many are found nowhere.
    pub async fn learn_members(&mut self, day: Day) -> Result<usize, DemoError> {
        let mut missing = self.unknown_members(day);
        if missing.is_empty() {
            return Ok(0);
        }
        for (external, id) in self.members_on(day).await? {
            if let Some(person) = missing.remove(&external) {
                self.known.persons[person] = id;
            }
        }
        Ok(missing.len())
    }

    /// The members of a day whose ids are not known, by their ids here.
    fn unknown_members(&self, on: Day) -> BTreeMap<String, usize> {
        let members = self.county.memberships.iter().filter(|one| one.from <= on);
        let persons = members.map(|one| one.person as usize);
        let unknown = persons.filter(|at| self.known.persons[*at].is_empty());
        unknown
            .map(|at| (self.county.persons[at].external_id.clone(), at))
            .collect()
    }

    /// Everybody who is a member on a day: the id here, and the member service's.
    async fn members_on(&self, day: Day) -> Result<Vec<(String, String)>, DemoError> {
        let reader = self.reader()?;
        let mut request = ListMembersRequest {
            organization_id: self.known.organization(0),
            as_of: rows::text(day),
            page_size: PAGE,
            page_token: String::new(),
        };
        let mut all = Vec::new();
        loop {
            let call = |channel, request| async move {
                Members::new(channel)
                    .max_decoding_message_size(answer_limit())
                    .list_members(request)
                    .await
            };
            let answer = self.door.ask(&reader, request.clone(), call).await;
            let answer = answer.map_err(|status| DemoError::refused("列出党员", &status))?;
            for one in answer.members {
                let ours = one.external_ids.into_iter().find(|id| id.system == SYSTEM);
                all.extend(ours.map(|id| (id.value, one.person_id)));
            }
            if answer.next_page_token.is_empty() {
                return Ok(all);
            }
            request.page_token = answer.next_page_token;
        }
    }

    async fn load_members(&mut self, stage: usize) -> Result<(), DemoError> {
        let sight = self.sight(stage);
        let today = sight.today;
        let mut learned = Vec::new();
        for (place, rows) in self.by_place(members::members(&sight)) {
            let answers = self.import::<MemberRow>("members", place, today, rows).await?;
            learned.extend(answers.into_iter().flat_map(|answer| answer.persons));
        }
        for person in learned {
            let at = (person.line as usize).saturating_sub(1);
            let membership = self.county.memberships.get(at);
            let membership = membership.ok_or_else(|| DemoError::answer("导入党员：答复中有未知的行"))?;
            self.known.persons[membership.person as usize] = person.person_id;
        }
        Ok(())
    }

    /// Gives the roles that begin today to persons who are known by now; the others get theirs as they are loaded.
    pub async fn give_todays_roles(&mut self, today: Day) -> Result<(), DemoError> {
        let roles = organizations::roles_of(&self.county, &self.known, today);
        self.give(&today.to_string(), roles).await
    }

    /// Gives the roles that begin at a stage.
    async fn give_roles(&mut self, stage: usize) -> Result<(), DemoError> {
        let roles = organizations::roles(&self.sight(stage));
        self.give(&stage.to_string(), roles).await
    }

    async fn give(&mut self, when: &str, roles: Vec<RoleAssignment>) -> Result<(), DemoError> {
        for (number, assignments) in roles.chunks(MOST_ROLES).enumerate() {
            self.assign(when, number, assignments).await?;
        }
        if roles.is_empty() {
            Ok(())
        } else {
            self.clock.settle().await
        }
    }

    async fn assign(
        &self,
        when: &str,
        number: usize,
        assignments: &[RoleAssignment],
    ) -> Result<(), DemoError> {
        let request = AssignRolesRequest {
            organization_id: self.known.organization(0),
            request_id: self.ids.of(&format!("roles/{when}"), number),
            assignments: assignments.to_vec(),
        };
        let call = |channel, request| async move { Organization::new(channel).assign_roles(request).await };
        let answer = self.door.ask(&self.first_security(), request, call).await;
        answer
            .map(|_| ())
            .map_err(|status| DemoError::refused("授予职责", &status))
    }

    /// Learns the ids of the organizations and party groups that exist at a stage.
    pub async fn learn_ids(&mut self, stage: usize) -> Result<(), DemoError> {
        let today = self.sight(stage).today;
        let county = &self.county;
        let organizations = county
            .organizations
            .iter()
            .enumerate()
            .filter(|(_, one)| one.founded <= today);
        let groups = county
            .groups
            .iter()
            .enumerate()
            .filter(|(_, one)| one.founded <= today);
        let wanted: Vec<ExternalId> = organizations
            .clone()
            .map(|(_, one)| &one.external_id)
            .chain(groups.clone().map(|(_, one)| &one.external_id))
            .filter_map(rows::external)
            .collect();
        let ids = self.ids_of(&wanted).await?;
        let found = |external: &str| ids.get(external).cloned().unwrap_or_default();
        for (at, one) in organizations {
            self.known.organizations[at] = found(&one.external_id);
        }
        for (at, one) in groups {
            self.known.groups[at] = found(&one.external_id);
        }
        match self.known.organizations[0].is_empty() {
            true => Err(DemoError::answer("根组织没有编号")),
            false => Ok(()),
        }
    }

    async fn ids_of(&self, wanted: &[ExternalId]) -> Result<BTreeMap<String, String>, DemoError> {
        let reader = self.reader()?;
        let mut ids = BTreeMap::new();
        for external_ids in wanted.chunks(MOST_IDS) {
            let request = ResolveExternalIdsRequest {
                external_ids: external_ids.to_vec(),
            };
            let call = |channel, request| async move {
                Organization::new(channel).resolve_external_ids(request).await
            };
            let answer = self.door.ask(&reader, request, call).await;
            let answer = answer.map_err(|status| DemoError::refused("查询组织编号", &status))?;
            for resolved in answer.resolved {
                let external = resolved.external_id.filter(|id| id.system == SYSTEM);
                ids.extend(external.map(|id| (id.value, resolved.organization_id)));
            }
        }
        Ok(ids)
    }

    /// Imports rows, those of each county by its own clerk.
    pub async fn spread<R: Imported>(&self, today: Day, rows: Vec<(usize, R)>) -> Result<(), DemoError> {
        for (place, rows) in self.by_place(rows) {
            self.import(R::KIND, place, today, rows).await?;
        }
        Ok(())
    }

    /// Rows by the organization below which they are imported: their county, else the root.
    pub fn by_place<R>(&self, rows: Vec<(usize, R)>) -> BTreeMap<usize, Vec<R>> {
        let mut places = BTreeMap::<usize, Vec<R>>::new();
        for (of, row) in rows {
            places
                .entry(self.county.organizations[of].county.unwrap_or(0))
                .or_default()
                .push(row);
        }
        places
    }

    async fn import<R: Imported>(
        &self,
        what: &str,
        place: usize,
        today: Day,
        rows: Vec<R>,
    ) -> Result<Vec<R::Answer>, DemoError> {
        self.news.beside(R::TITLE);
        // At the first stage the clerks of the counties have no roles yet: the root's imports for them.
        let sight: Sight<'_> = self.sight(0);
        let early = today == sight.today && matches!(what, "organizations" | "members");
        let clerk_of = if early { 0 } else { place };
        let import = Import {
            who: self.actors().holder(Role::OrgDept, clerk_of, 0, today)?,
            organization_id: self.known.organization(place),
            import_id: self.ids.of(&format!("import {what}@{today}"), place),
        };
        import.send(&self.door, &self.news, rows).await
    }
}
