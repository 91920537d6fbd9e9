//! What a step of the procedure `resource_admission` does to an offering, in the step's own unit of work
//! (S-209): the procedure decides, this carries it out.

use std::collections::HashSet;

use kernel::{Instant, Refusal, RpcError, id::ResourceId};
use storage::Tx;

use crate::{
    domain::offering::Offering,
    error::ResourceError,
    events,
    store::{lines, resources},
};

/// The procedure.
pub const PROCEDURE: &str = "resource_admission";

/// The state that a case has entered takes effect on the offering that it is about: `admitted` admits it,
/// `retired` takes it out; every other state leaves it as it is.
pub async fn on_step(tx: &Tx, resource: ResourceId, entered: &str) -> Result<(), RpcError> {
    match entered {
        "admitted" => admit(tx, resource).await.map(drop),
        "retired" => retire(tx, resource).await.map(drop),
        _ => Ok(()),
    }
}

/// Admits an offering: it can be booked from now on. Admitted ones stay as they are; refuses with
/// `RESOURCE_RETIRED`, and NOT_FOUND when there is none.
pub async fn admit(tx: &Tx, resource: ResourceId) -> Result<Offering, RpcError> {
    stand(tx, resource, Offering::admit).await
}

/// Takes an offering out of its library, for good. NOT_FOUND when there is none.
pub async fn retire(tx: &Tx, resource: ResourceId) -> Result<Offering, RpcError> {
    stand(tx, resource, Offering::retire).await
}

/// The fact `future_bookings` of the procedure: whether something of the offering is booked ahead. Nobody books it from
/// now until the unit of work ends.
pub async fn booked_ahead(tx: &Tx, resource: ResourceId, now: Instant) -> Result<bool, RpcError> {
    resources::alone(tx, resource).await?;
    let ahead: HashSet<ResourceId> = lines::booked_ahead(tx, &[resource], now).await?;
    Ok(ahead.contains(&resource))
}

async fn stand(
    tx: &Tx,
    resource: ResourceId,
    decide: fn(Offering) -> Result<Offering, ResourceError>,
) -> Result<Offering, RpcError> {
    let before = resources::alone(tx, resource)
        .await?
        .ok_or_else(Refusal::not_found)?;
    let version = before.version;
    let after = decide(before)?;
    if after.version != version {
        resources::stand(tx, &after).await?;
        events::resource(tx, &after);
    }
    Ok(after)
}
