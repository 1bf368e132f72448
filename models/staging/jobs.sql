with
    numbered_jobs as (
        select
            *,
            row_number() over (
                partition by pnr, period_end
                order by
                    joblon desc nulls last,
                    lbnr nulls first,
                    arbgnr nulls first,
                    arbnr nulls first,
                    cvrnr nulls first,
                    jobkat nulls first,
                    still nulls first,
                    tilknyt nulls first
            ) as job_no
        from {{ ref("idan") }}
        where pnr is not null
    ),

    jobs as (
        select
            numbered_jobs.pnr,
            {{ year_of("numbered_jobs.period_end") }} as year,
            numbered_jobs.period_end,
            cast(numbered_jobs.job_no as bigint) as job_no,
            numbered_jobs.lbnr as job_id,
            numbered_jobs.arbgnr as employer_id,
            numbered_jobs.arbnr as workplace_id,
            numbered_jobs.cvrnr as company_id,
            numbered_jobs.joblon as job_wage,
            numbered_jobs.jobkat,
            categories.working_time,
            categories.partly_unemployed,
            numbered_jobs.tilknyt,
            numbered_jobs.still as position_code
        from numbered_jobs
        left join
            {{ ref("job_categories") }} as categories
            on categories.code = numbered_jobs.jobkat
    )

select *
from jobs
