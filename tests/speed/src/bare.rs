//! The bare programs, running.

use std::{fs, net::SocketAddr};

use crate::{
    lab::{Lab, Trouble, free_address},
    limits::plan::Plan,
    process::{self, Process},
};

/// A bare program.
pub struct Bare {
    /// Where it answers.
    pub address: SocketAddr,
    process: Process,
}

impl Bare {
    /// One that answers every call with so many bytes.
    ///
    /// # Errors
    /// When it does not start.
    pub async fn leaf(lab: &Lab, name: &str, bytes: usize) -> Result<Self, Trouble> {
        Self::start(lab, name, vec!["leaf".into(), bytes.to_string()]).await
    }

    /// One that passes every call on.
    ///
    /// # Errors
    /// When it does not start.
    pub async fn hop(lab: &Lab, name: &str, to: SocketAddr) -> Result<Self, Trouble> {
        Self::start(lab, name, vec!["hop".into(), to.to_string()]).await
    }

    /// One that answers from Postgres.
    ///
    /// # Errors
    /// When it does not start.
    pub async fn selects(lab: &Lab, name: &str, url: &str, plan: &Plan) -> Result<Self, Trouble> {
        let plan = written(lab, name, plan)?;
        Self::start(lab, name, vec!["selects".into(), url.into(), plan]).await
    }

    /// One that answers from what these answer.
    ///
    /// # Errors
    /// When it does not start.
    pub async fn gather(lab: &Lab, name: &str, plan: &Plan, from: &[Self]) -> Result<Self, Trouble> {
        let mut arguments = vec!["gather".into(), written(lab, name, plan)?];
        arguments.extend(from.iter().map(|one| one.address.to_string()));
        Self::start(lab, name, arguments).await
    }

    /// One that makes all selects of an answer itself.
    ///
    /// # Errors
    /// When it does not start.
    pub async fn gather_here(lab: &Lab, name: &str, plan: &Plan, url: &str) -> Result<Self, Trouble> {
        let plan = written(lab, name, plan)?;
        Self::start(lab, name, vec!["gather".into(), "--url".into(), url.into(), plan]).await
    }

    async fn start(lab: &Lab, name: &str, shape: Vec<String>) -> Result<Self, Trouble> {
        let address = free_address()?;
        let mut arguments = vec!["--listen".to_owned(), address.to_string()];
        arguments.extend(shape);
        let mut process = Process::start(&process::Plan {
            program: lab.bare.clone(),
            arguments,
            environment: Vec::new(),
            log: lab.folder.join(format!("bare-{name}.log")),
        })?;
        process.listens(address).await?;
        Ok(Self { address, process })
    }

    /// Ends it.
    pub async fn stop(mut self) {
        self.process.kill().await;
    }
}

fn written(lab: &Lab, name: &str, plan: &Plan) -> Result<String, Trouble> {
    let file = lab.folder.join(format!("bare-{name}.json"));
    let text = serde_json::to_vec_pretty(plan).map_err(|error| Trouble(error.to_string()))?;
    fs::write(&file, text)?;
    Ok(file.display().to_string())
}
