//! Makes realistic flow logs in Azure's layout from a seed, with labelled attacks on request.
