//! What a run consists of: overhead in blocks of short cells, loss in sustained cells, and the cases.

mod allocation;
mod cells;
mod loss;
mod overhead;
mod repeated;
mod series;
mod told;

pub(crate) use cells::Cells;
pub(crate) use loss::Loss;
pub(crate) use overhead::{Overhead, Until};
pub(crate) use repeated::repeated;
pub(crate) use told::told;
