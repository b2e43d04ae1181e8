//! Builds what the monitors carry inside them. One file per technique under build/.

#[path = "build/ebpf.rs"]
mod ebpf;
#[path = "build/preload.rs"]
mod preload;

fn main() -> anyhow::Result<()> {
    ebpf::build()?;
    preload::build()
}
