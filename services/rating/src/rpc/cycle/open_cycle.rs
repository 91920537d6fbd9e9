//! Opens the cycle of a year.

use access::Authorized;
use kernel::{Refusal, RpcError, id::CycleId};
use proto::rating::v1::{OpenCycleRequest, OpenCycleResponse};
use wire::Fields;

use crate::{
    app::App,
    convert,
    domain::{
        cycle::{self, CycleState},
        template::FrozenTemplate,
    },
    error::RatingError,
    events,
    store::{
        cycles::{self, Cycle},
        outcomes::Progress,
        templates,
    },
};

/// Freezes the template by its hash, the timetable and the commitment of the draw (S-303, X14).
pub async fn run(app: App, request: Authorized<OpenCycleRequest>) -> Result<OpenCycleResponse, RpcError> {
    let organization = request.organization().ok_or_else(Refusal::not_found)?;
    let node = app.scopes.get(organization).ok_or_else(Refusal::not_found)?;
    if !cycle::is_county(node.kind, node.level) {
        return Err(RatingError::NotACounty.into());
    }
    let mut fields = Fields::new();
    let freeze_day = fields.day("freeze_day", &request.freeze_day);
    let freeze_day = fields.build(freeze_day)?;
    let template = FrozenTemplate::root();
    let cycle = Cycle {
        id: CycleId::new(),
        organization,
        year: request.year,
        freeze_day,
        template: template.hash().to_owned(),
        state: CycleState::Open,
        commitment: request.draw_commitment.clone(),
        seed: String::new(),
        version: 1,
    };

    let tx = app.store.begin(&request).await?;
    templates::keep(&tx, template.hash(), template.template().canonical_bytes()).await?;
    // Whoever opened it already is told of it, also when its freeze day is past by now.
    if !cycles::insert(&tx, &cycle).await? {
        let known = cycles::of_year(&tx, organization, request.year)
            .await?
            .ok_or_else(Refusal::not_found)?;
        return Err(RatingError::CycleExists(known.id).into());
    }
    cycle::timetable(request.year, freeze_day, app.clock.today())?;
    events::cycle(&tx, &cycle, &Progress::default());
    tx.concerns(organization, cycle.id.into());
    tx.commit(OpenCycleResponse {
        cycle: Some(convert::cycle(&cycle, &Progress::default())),
    })
    .await
}
