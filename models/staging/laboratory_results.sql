with
    -- the same result can come from several requests
    distinct_results as (
        select
            patient_cpr,
            samplingdate,
            analysiscode,
            samplingtime,
            laboratorium_idcode,
            unit,
            operator,
            value
        from {{ ref("lab_forsker") }}
        where
            patient_cpr is not null
            and samplingdate is not null
            and analysiscode is not null
        group by
            patient_cpr,
            samplingdate,
            analysiscode,
            samplingtime,
            laboratorium_idcode,
            unit,
            operator,
            value
    ),

    read_results as (
        select
            *,
            -- one decimal comma or point, no other sign: exact, and nothing else is
            case
                when operator is null and regexp_like(value, '^-?[0-9]+([.,][0-9]+)?$')
                then cast(replace(value, ',', '.') as double)
            end as number
        from distinct_results
    ),

    results as (
        select
            patient_cpr as pnr,
            samplingdate as sampling_date,
            analysiscode as analysis_code,
            samplingtime as sampling_time,
            laboratorium_idcode as laboratory_code,
            unit,
            number as value,
            -- the sign can stand in both columns
            case
                when number is not null
                then null
                when starts_with(value, operator)
                then value
                else nullif(concat(operator, value), '')
            end as value_text
        from read_results
    )

select *
from results
