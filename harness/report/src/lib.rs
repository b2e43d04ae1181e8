//! Tables, plots and pages from `summary.json`. Pure: a record can be shown again anywhere.

pub mod advise;
mod cases;
mod commands;
mod compare;
mod counts;
pub mod explain;
mod family;
mod fit;
mod fold;
mod format;
mod input;
mod kernels;
mod lineage;
mod machine;
pub mod numbers;
mod overall;
mod overview;
mod page;
mod parts;
mod pictures;
mod plots;
mod screen;
mod sweep;
mod terminal;
mod verdict;
mod view;
mod write;

pub use compare::{Differences, compare, text as compared_text};
pub use family::family;
pub use fit::fitted;
pub use fold::folded;
pub use input::lender;
pub use page::compared as compared_page;
pub use pictures::Pictures;
pub use screen::{brief, kernels, terminal};
pub use write::{all as write_all, merge, readme as write_readme};
