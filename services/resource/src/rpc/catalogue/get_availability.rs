//! What is free of some offerings in a span of time.

use std::collections::HashMap;

use access::Authorized;
use kernel::{Refusal, RpcError, id::ResourceId};
use proto::resource::v1::{self as contract, Availability, GetAvailabilityRequest, GetAvailabilityResponse};
use wire::{Fields, words};

use crate::{
    app::App,
    convert,
    domain::{
        occupation::{Taken, free, pieces},
        offering::{Offering, Standing},
        span::Span,
    },
    store::{lines, resources},
};

/// Two selects, however many offerings are asked about and whatever was booked in the past.
pub async fn run(
    app: App,
    request: Authorized<GetAvailabilityRequest>,
) -> Result<GetAvailabilityResponse, RpcError> {
    let mut fields = Fields::new();
    let ids: Vec<Option<ResourceId>> = request
        .resource_ids
        .iter()
        .map(|id| fields.parse("resource_ids", id))
        .collect();
    let span = convert::span(&mut fields, request.start.as_ref(), request.end.as_ref());
    let (ids, span) = fields.build(ids.into_iter().collect::<Option<Vec<_>>>().zip(span))?;
    let lineage = app.lineage(request.organization().ok_or_else(Refusal::not_found)?)?;

    let read = app.store.read(&request).await?;
    let mut offerings = resources::of(&read, &ids).await?;
    offerings.retain(|_, one| one.serves(&lineage));
    let here: Vec<ResourceId> = offerings.keys().copied().collect();
    let mut taken: HashMap<ResourceId, Vec<Taken>> = HashMap::new();
    for one in lines::occupants(&read, &here, span, app.clock.now()).await? {
        if !one.lapsed {
            taken.entry(one.resource).or_default().push(one.taken);
        }
    }

    let answer = ids.iter().filter_map(|id| offerings.remove(id)).map(|offering| {
        let taken = taken.remove(&offering.id).unwrap_or_default();
        availability(&offering, &taken, span)
    });
    Ok(GetAvailabilityResponse {
        resources: answer.collect(),
    })
}

fn availability(offering: &Offering, taken: &[Taken], span: Span) -> Availability {
    let bookable = offering.standing == Standing::Admitted;
    Availability {
        resource_id: offering.id.to_string(),
        free: if bookable {
            free(offering.card.capacity, taken, span)
        } else {
            0
        },
        taken: pieces(taken, span).into_iter().map(piece).collect(),
    }
}

fn piece(piece: Taken) -> contract::Taken {
    contract::Taken {
        start: Some(words::timestamp(piece.span.start)),
        end: Some(words::timestamp(piece.span.end)),
        quantity: piece.quantity,
    }
}
