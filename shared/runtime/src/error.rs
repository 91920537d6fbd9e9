//! Why a process does not start, and the code with which it then ends (sysexits.h). Whoever starts it reads one Chinese
//! line: where, the cause as the system tells it, and what to do.

use crate::{
    folder::FolderError, server::ListenError, settings::Problems, telemetry::TelemetryError,
    wakeups::RedisError,
};

/// A process that does not start says why in one line, or in one a problem.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Settings are wrong.
    #[error(transparent)]
    Settings(#[from] Problems),
    /// What the service offers is not what the policy table says.
    #[error("{service} 提供的方法与权限表不一致（{}）。这是程序自身的错误，请换用完整的发布版本。", differences.join("、"))]
    Policy {
        /// The service.
        service: &'static str,
        /// Methods without a policy, and services of the contract that nobody offers.
        differences: Vec<String>,
    },
    /// The data folder cannot be used.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// The keys cannot be used.
    #[error(
        "密钥不能使用（{0}）。请检查密钥目录的位置、权限、内容和磁盘的剩余空间；自定位置由 shared.keys 设置。"
    )]
    Keys(#[from] seal::SealError),
    /// The port is taken.
    #[error(transparent)]
    Listen(#[from] ListenError),
    /// Redis is set and out of reach.
    #[error(transparent)]
    Redis(#[from] RedisError),
    /// Telemetry is set and cannot be.
    #[error(transparent)]
    Telemetry(#[from] TelemetryError),
    /// The database is out of reach, too old or too new, or may lose acknowledged writes.
    #[error("{what}")]
    Database {
        /// The service.
        service: &'static str,
        /// Where, what is wrong and what to do; never the URL itself, which may hold a password.
        what: String,
    },
    /// Something else.
    #[error("{0}")]
    Other(String),
}

impl StartError {
    /// The code with which the process ends.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Settings(_) | Self::Policy { .. } | Self::Telemetry(_) | Self::Keys(_) => 78,
            Self::Folder(error) => error.exit_code(),
            Self::Listen(_) | Self::Redis(_) | Self::Database { .. } => 69,
            Self::Other(_) => 70,
        }
    }
}
