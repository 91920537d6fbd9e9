//! Compiles the contract without protoc, and refuses it when an RPC has no policy or a wrong one.

use std::{env, error::Error, fs, path::PathBuf};

mod policy {
    include!("build/policy.rs");
}

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=zhibu");
    println!("cargo:rerun-if-changed=vendored");
    println!("cargo:rerun-if-changed=build");

    let mut files = Vec::new();
    protos(&PathBuf::from("zhibu"), &mut files)?;
    files.sort();
    let mut compiler = protox::Compiler::new([".", "vendored"])?;
    compiler.include_imports(true).include_source_info(true);
    compiler.open_files(&files)?;

    let problems = policy::problems(&compiler.descriptor_pool());
    if !problems.is_empty() {
        for problem in &problems {
            println!("cargo:warning={problem}");
        }
        return Err(format!(
            "{} policies or data classes are missing or wrong:\n{}",
            problems.len(),
            problems.join("\n")
        )
        .into());
    }

    let out = PathBuf::from(env::var("OUT_DIR")?);
    // Options that are extensions survive only in this encoding; the prost_types one has no place for them.
    fs::write(out.join("descriptors.bin"), compiler.encode_file_descriptor_set())?;

    let mut config = prost_build::Config::new();
    // Ordered maps: the same message has the same bytes, and so the same hash.
    config.btree_map(["."]);
    for message in compiler.descriptor_pool().all_messages() {
        let name = message.full_name();
        if message.is_map_entry() || !name.starts_with("zhibu.") {
            continue;
        }
        config.type_attribute(name, "#[derive(::prost_reflect::ReflectMessage)]");
        config.type_attribute(
            name,
            format!("#[prost_reflect(message_name = {name:?}, descriptor_pool = \"crate::DESCRIPTORS\")]"),
        );
    }
    let mut set = compiler.file_descriptor_set();
    // No Rust types for the annotations, but prost-build wants to see the well-known types.
    set.file
        .retain(|f| f.package().starts_with("zhibu.") || f.package() == "google.protobuf");
    tonic_prost_build::configure()
        .build_transport(false)
        .include_file("modules.rs")
        .compile_fds_with_config(set, config)?;
    Ok(())
}

fn protos(folder: &PathBuf, found: &mut Vec<PathBuf>) -> Result<(), Box<dyn Error>> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            protos(&path, found)?;
        } else if path.extension().is_some_and(|e| e == "proto") {
            found.push(path);
        }
    }
    Ok(())
}
