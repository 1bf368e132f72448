with
    education as ({{ education_as_of(ref("study_parents")) }}),

    income as (
        {{ mean_income_before(ref("study_parents"), var("mean_income_years")) }}
    ),

    occupation as ({{ occupation_as_of(ref("study_parents")) }}),

    parent_covariates as (
        select
            points.pnr,
            points.index_date,
            education.highest_isced_level,
            income.mean_income,
            occupation.employment_group
        from {{ ref("study_parents") }} as points
        left join
            education
            on education.pnr = points.pnr
            and education.index_date = points.index_date
        left join
            income on income.pnr = points.pnr and income.index_date = points.index_date
        left join
            occupation
            on occupation.pnr = points.pnr
            and occupation.index_date = points.index_date
    )

select *
from parent_covariates
