with
    trajectories as (
        {{ income_trajectory_before(ref("cohort"), var("income_trajectory_years")) }}
    )

select *
from trajectories
