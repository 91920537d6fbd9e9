//! What a member owes a month on a base.

use access::Authorized;
use kernel::{Fen, RpcError};
use proto::member::v1::{QuoteDuesRequest, QuoteDuesResponse};
use wire::Fields;

use crate::{
    app::App,
    domain::dues::{Class, table},
};

/// Reckons by the tier table in force on the day.
pub async fn run(app: App, request: Authorized<QuoteDuesRequest>) -> Result<QuoteDuesResponse, RpcError> {
    let mut fields = Fields::new();
    let class = fields.known("class", Class::of_number(request.class));
    let on = fields.optional_day("on", &request.on);
    let class = fields.build(class)?;
    let table = table(on.unwrap_or_else(|| app.clock.today()));
    let due = table.due(class, Fen(request.base_fen));
    Ok(QuoteDuesResponse {
        due_fen: due.0,
        tier_version: table.version.to_owned(),
    })
}
