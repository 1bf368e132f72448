{%- set order = "period_end, source_file" -%}
with
    reports as (
        select
            pnr,
            doddato as registered_date,
            cast(null as date) as certified_date,
            cast(null as varchar) as cause,
            cast(null as varchar) as condition,
            period_end,
            source_file
        from {{ ref("dod") }}
        where pnr is not null
        union all
        select
            pnr,
            cast(null as date) as registered_date,
            d_dato as certified_date,
            c_aarsag as cause,
            c_tilstand as condition,
            period_end,
            source_file
        from {{ ref("dodsaarsag") }}
        where pnr is not null
    ),

    newest_reports as (
        select
            pnr,
            {{ newest("registered_date", order, fill=true) }} as registered_date,
            {{ newest("certified_date", order, fill=true) }} as certified_date,
            {{ newest("cause", order, fill=true) }} as cause,
            {{ newest("condition", order, fill=true) }} as condition
        from reports
        group by pnr
    ),

    coded_deaths as (
        select
            *,
            {{ normalise_icd("cause") }} as cause_code,
            {{ normalise_icd("condition") }} as condition_code
        from newest_reports
    ),

    deaths as (
        select
            coded.pnr,
            coalesce(coded.registered_date, coded.certified_date) as death_date,
            case
                when coded.registered_date is not null
                then 'dod'
                when coded.certified_date is not null
                then 'dodsaarsag'
            end as date_source,
            coded.certified_date,
            coalesce(coded.cause_code, coded.cause) as death_cause,
            case
                when coded.cause_code is not null
                then {{ icd_version("coded.cause_code") }}
            end as icd_version,
            chapters.chapter_number as death_cause_chapter_number,
            chapters.chapter as death_cause_chapter,
            coalesce(coded.condition_code, coded.condition) as death_condition
        from coded_deaths as coded
        left join
            {{ ref("icd10_chapters") }} as chapters
            on chapters.prefix = {{ icd_chapter_prefix("coded.cause_code") }}
    )

select *
from deaths
