//! The rating template, its exact evaluation, the procedure to naming, findings and rectification.
