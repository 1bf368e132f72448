with
    report_balance as (
        select variable, stage, smd, known_cases, known_controls
        from {{ ref("balance_numeric") }}
        where smd is not null
        union all
        select
            variable || ': ' || category as variable,
            stage,
            smd,
            n_cases as known_cases,
            n_controls as known_controls
        from {{ ref("balance_categorical") }}
        where smd is not null
    )

select *
from report_balance
