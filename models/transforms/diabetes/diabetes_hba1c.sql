with
    raised_results as (
        select pnr, sampling_date as event_date
        from {{ ref("laboratory_results") }}
        where
            (
                analysis_code = 'NPU27300'
                and value >= {{ var("diabetes_hba1c_mmol_mol") }}
            )
            or (
                analysis_code = 'NPU03835'
                and value >= {{ var("diabetes_hba1c_percent") }}
            )
        group by pnr, sampling_date
    )

select *
from raised_results
