with
    stages as (select unnest(make_array('before', 'after')) as stage),

    differences as (
        select stage, cast(abs(smd) as decimal(18, 6)) as smd
        from {{ ref("balance_numeric") }}
        union all
        select stage, cast(abs(smd) as decimal(18, 6)) as smd
        from {{ ref("balance_categorical") }}
    ),

    figures as (
        select
            stage,
            count(smd) as covariates,
            count(*) - count(smd) as not_compared,
            count(*) filter (where smd > {{ var("balance_threshold") }}) as imbalanced,
            max(smd) as max_smd,
            sum(smd) as total_smd
        from differences
        group by stage
    ),

    balance_summary as (
        select
            stages.stage,
            coalesce(figures.covariates, 0) as covariates,
            coalesce(figures.not_compared, 0) as not_compared,
            coalesce(figures.imbalanced, 0) as imbalanced,
            cast(coalesce(figures.max_smd, 0) as double) as max_smd,
            coalesce(
                round(
                    cast(figures.total_smd as double) / nullif(figures.covariates, 0), 6
                ),
                0.0
            ) as mean_smd
        from stages
        left join figures on figures.stage = stages.stage
    )

select *
from balance_summary
